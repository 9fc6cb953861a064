import { connect } from "node:net";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { injectedPod } from "../console/injected-pod.ts";
import { type ServedConsole, serveConsole } from "../console/serve-console.ts";
import { findChromium, TestBrowser } from "./harness/browser.ts";

const chromium = findChromium();
const many = 10_000;
/** As many elements as fifty rows and what is around them take, and then some. */
const mostElements = 3_000;

describe.skipIf(chromium === undefined || inject("sluiceProgram") === "")(
  "the page over 10,000 pods (skipped where there is no chromium)",
  () => {
    let served: ServedConsole;
    let browser: TestBrowser;
    beforeAll(async () => {
      const pageFolder = new URL("./console-page/", pathToFileURL(inject("sluiceProgram")));
      served = await serveConsole({ pageFolder });
      const pod = injectedPod(served.data.view, "pod", { node: "node-a" });
      for (let index = 0; index < many; index++) {
        const name = `pod-${String(index).padStart(5, "0")}`;
        served.put({ ...pod, metadata: { ...Object(pod["metadata"]), name, uid: name } });
      }
      const { port } = new URL(served.url);
      const gateway = { connect: () => connect(Number(port), "127.0.0.1") };
      browser = await TestBrowser.start(chromium ?? "", gateway, "the console");
    });
    afterAll(async () => {
      await browser?.close();
      await served?.close();
    });

    it("counts, sorts, turns and finds them, and holds no more than a page of them", async () => {
      const page = await browser.open("");
      await page.getByRole("heading", { name: "Overview" }).waitFor();
      await page.evaluate(
        "window.held = []; new PerformanceObserver((list) => { for (const { duration } of list.getEntries()) window.held.push(duration); }).observe({ type: 'longtask' })",
      );
      const shows = async (hash: string, first: string, total: string) => {
        await page.goto(`${browser.url}#/pods${hash}`);
        await page.locator("tbody tr").first().getByText(first).waitFor();
        expect(await page.locator("body").innerText()).toContain(total);
        const elements = await page.evaluate("document.getElementsByTagName('*').length");
        expect(Number(elements)).toBeLessThan(mostElements);
      };
      await shows("", "pod-00000", "10,000 pods");
      await shows("?sort=name&descending=true", "pod-09999", "10,000 pods");
      await shows("?page=200", "pod-09950", "10,000 pods");
      await shows("?search=pod-0123", "pod-01230", "10 pods");
      await page.keyboard.press("/");
      await page.keyboard.type("9");
      await page.locator("tbody tr").first().getByText("pod-01239").waitFor();
      const held: unknown = await page.evaluate("window.held");
      const longest = Array.isArray(held) ? Math.max(0, ...held.map(Number)) : 0;
      console.log(`the page was busy for ${Math.round(longest)} ms at most`);
      await page.context().close();
    });

    it("has run no script but its own", () => {
      expect(browser.complaints).toEqual([]);
    });
  },
);
