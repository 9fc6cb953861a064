import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { type AddressInfo, createServer, type Server } from "node:net";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import type { Gateway } from "./gateway.ts";

const axeFile = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

/** Debian's Chromium, or another one that CHROMIUM names; undefined where there is none. */
export function findChromium(): string | undefined {
  const named = process.env["CHROMIUM"] ?? "chromium";
  const found = spawnSync("sh", ["-c", 'command -v "$0"', named], { encoding: "utf8" });
  return found.status === 0 ? found.stdout.trim() : undefined;
}

/** A browser on pages that are served inside the sandbox. */
export class TestBrowser {
  readonly #browser: Browser;
  readonly #relay: Server;
  /** What pages said that they should not have: errors of scripts, breaches of the content policy, dialogs. */
  readonly complaints: string[] = [];
  readonly url: string;

  private constructor(browser: Browser, relay: Server, port: number) {
    this.#browser = browser;
    this.#relay = relay;
    this.url = `http://127.0.0.1:${port}/`;
  }

  /** `address`: "HOST:PORT" inside the sandbox. */
  static async start(
    executablePath: string,
    gateway: Pick<Gateway, "connect">,
    address: string,
  ): Promise<TestBrowser> {
    const relay = createServer((socket) => {
      const inside = gateway.connect(address);
      socket.pipe(inside).pipe(socket);
      for (const [one, other] of [
        [socket, inside],
        [inside, socket],
      ] as const) {
        one.on("error", () => other.destroy());
        one.on("close", () => other.destroy());
      }
    });
    await new Promise<void>((resolve) => relay.listen(0, "127.0.0.1", resolve));
    const place = relay.address();
    const browser = await chromium.launch({
      executablePath,
      timeout: 120_000,
      args: ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"],
    });
    return new TestBrowser(browser, relay, isAddress(place) ? place.port : 0);
  }

  /** A page in a session of its own, signed in with the token unless that is "". */
  async open(token: string, options: Parameters<Browser["newContext"]>[0] = {}): Promise<Page> {
    const context = await this.#browser.newContext({ viewport: { width: 1200, height: 860 }, ...options });
    context.setDefaultTimeout(60_000);
    await this.#watch(context);
    const page = await context.newPage();
    await page.goto(this.url);
    if (token !== "") {
      await page.getByLabel("Token").fill(token);
      await page.getByRole("button", { name: "Sign in" }).click();
    }
    return page;
  }

  async close(): Promise<void> {
    await this.#browser.close();
    await new Promise((resolve) => this.#relay.close(resolve));
  }

  async #watch(context: BrowserContext): Promise<void> {
    // Debuggers' scripts are no matter of the page's policy.
    await context.addInitScript({ content: readFileSync(axeFile, "utf8") });
    context.on("page", (page) => {
      page.on("pageerror", (error) => this.complaints.push(`error: ${error.message}`));
      page.on("dialog", (dialog) => {
        this.complaints.push(`dialog: ${dialog.message()}`);
        void dialog.dismiss();
      });
      page.on("console", (message) => {
        const text = message.text();
        // Refusals and a server that is away are told as errors, too, and are what some cases are about.
        if (message.type() === "error" && !text.startsWith("Failed to load resource"))
          this.complaints.push(`console: ${text}`);
      });
      page.on("request", (request) => {
        if (!request.url().startsWith(this.url)) this.complaints.push(`asked for ${request.url()}`);
      });
    });
  }
}

/** What axe finds seriously wrong with the page as it is. */
export async function seriousFindings(page: Page): Promise<string[]> {
  const found: unknown = await page.evaluate("axe.run(document, { resultTypes: ['violations'] })");
  const { violations } = Object(found);
  if (!Array.isArray(violations)) throw new Error("axe gave no result");
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }: { html: string }) => html).join(" ")}`);
}

function isAddress(place: AddressInfo | string | null): place is AddressInfo {
  return typeof place === "object" && place !== null;
}
