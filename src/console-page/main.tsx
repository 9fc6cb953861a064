import { render } from "preact";
import { ApiClient } from "./api-client.ts";
import { App } from "./app.tsx";

const place = document.getElementById("console");
if (place !== null) render(<App client={new ApiClient()} />, place);
