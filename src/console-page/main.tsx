import { render } from "preact";
import { ApiClient } from "./api-client.ts";
import { App } from "./app.tsx";

const place = document.getElementById("console");
// What is kept of answers is kept by the client, and goes with the token.
const client = new ApiClient(sessionStorage, (path, init) => fetch(path, { ...init, cache: "no-store" }));
if (place !== null) render(<App client={client} />, place);
