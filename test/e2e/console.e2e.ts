import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { findChromium, seriousFindings, TestBrowser } from "./harness/browser.ts";
import { describeCluster } from "./harness/describe-cluster.ts";
import { eventually } from "./harness/eventually.ts";
import { type Fields, textAt } from "./harness/fields.ts";
import { findHelm } from "./harness/helm.ts";
import {
  addVisitor,
  clusterWithConsole,
  consoleAddress,
  tellStatus,
  tokenOf,
} from "./harness/install-console.ts";
import { addObject } from "./harness/objects.ts";
import { podOf, podSpecOf } from "./harness/pods.ts";
import type { TestCluster } from "./harness/test-cluster.ts";

const chromium = findChromium();
const helm = findHelm();
const whyNot = chromium === undefined ? "needs chromium" : "path" in helm ? "" : helm.why;
const demoPods = "/api/v1/namespaces/demo/pods";
const seconds = 60;
const hostile = `<img src=x onerror="alert(1)"><script>alert(2)</script>"'</td>`;

const list = ["get", "list"];
const sees = [
  { apiGroups: [""], resources: ["pods", "events", "persistentvolumeclaims"], verbs: list },
  { apiGroups: ["data.fluid.io"], resources: ["datasets"], verbs: list },
  { apiGroups: ["apps"], resources: ["daemonsets", "deployments", "replicasets"], verbs: list },
  { apiGroups: ["batch"], resources: ["jobs"], verbs: list },
];
const seesNodes = [{ apiGroups: [""], resources: ["nodes"], verbs: list }];

/** SLUICE_SCREENSHOTS: the folder for the pictures of docs/console.md; none are taken without it. */
async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env["SLUICE_SCREENSHOTS"];
  if (folder === undefined) return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`) });
}

const waiting = (reason: string, message: string, restartCount = 0): Fields => ({
  ready: false,
  started: false,
  restartCount,
  state: { waiting: { reason, message } },
});

/** Pods as a cluster has them: well, in trouble, missed, refused. */
async function furnish(cluster: TestCluster): Promise<void> {
  const { api } = cluster;
  const makes = (name: string, more: Parameters<typeof podOf>[1] = {}) =>
    api.create(demoPods, podOf(name, { claims: ["imagenet"], ...more }));
  await tellStatus(api, await makes("train"));
  await tellStatus(api, await makes("evaluate"), {
    "fluid-fuse-0": waiting(
      "ImagePullBackOff",
      'Back-off pulling image "alluxio/alluxio-dev:2.9.0": not found',
    ),
    app: waiting("PodInitializing", ""),
  });
  await tellStatus(api, await makes("tune", { claims: ["corpus"] }), {
    "fluid-fuse-0": {
      ...waiting("CrashLoopBackOff", "back-off 40s restarting failed container", 3),
      lastState: {
        terminated: { exitCode: 137, reason: "OOMKilled", startedAt: null, finishedAt: null },
      },
    },
    app: waiting("PodInitializing", ""),
  });
  await makes("missed", { labels: { "sluice.io/inject": "false" } });
  await api.patch(`${demoPods}/missed`, { metadata: { labels: { "sluice.io/inject": "true" } } });
  const template = { spec: { restartPolicy: "Never", ...podSpecOf(["speech"]) } };
  await api.create("/apis/batch/v1/namespaces/demo/jobs", {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: "transcribe", namespace: "demo" },
    spec: { backoffLimit: 0, template },
  });
  await addVisitor(api, "operator", [...sees, ...seesNodes]);
  await addVisitor(api, "member", sees, ["demo"]);
  await addVisitor(api, "nobody", []);
}

/** A pod whose texts are scripts wherever Kubernetes lets them be. */
async function addHostile({ api }: TestCluster): Promise<void> {
  const evil = await api.createAnew(
    demoPods,
    podOf("hostile", { claims: ["imagenet"], annotations: { note: hostile } }),
  );
  await api.patch(`${demoPods}/hostile`, {
    metadata: {
      annotations: {
        "sluice.io/status": JSON.stringify({
          verdict: hostile,
          platform: hostile,
          clients: { [hostile]: "fluid-fuse-0" },
        }),
      },
    },
  });
  await tellStatus(api, evil, { "fluid-fuse-0": waiting(hostile, hostile) });
  await api.createAnew("/api/v1/namespaces/demo/events", {
    metadata: { name: "hostile", namespace: "demo" },
    involvedObject: { kind: "Pod", name: "hostile", namespace: "demo", uid: textAt(evil, "metadata", "uid") },
    reason: "Failed",
    type: "Warning",
    message: hostile,
    lastTimestamp: new Date().toISOString(),
    count: 2,
  });
}

/** What only who may see everything sees. */
async function addHidden(cluster: TestCluster): Promise<void> {
  const { api } = cluster;
  await cluster.addNamespace("secret-team");
  await addObject(api, {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: {
      name: "hidden-data",
      namespace: "secret-team",
      labels: { "fluid.io/managed-by": "hidden-data" },
    },
    spec: {
      accessModes: ["ReadOnlyMany"],
      storageClassName: "",
      resources: { requests: { storage: "1Gi" } },
    },
  });
  await addObject(api, podOf("hidden-pod", { namespace: "secret-team", claims: ["hidden-data"] }));
}

describeCluster(
  "the console in a browser",
  clusterWithConsole,
  (cluster) => {
    let browser: TestBrowser;
    let operator: string;
    beforeAll(async () => {
      browser = await TestBrowser.start(chromium ?? "", cluster().plane.gateway, consoleAddress(cluster()));
      await furnish(cluster());
      operator = await tokenOf(cluster().api, "operator");
    });
    afterAll(() => browser?.close());

    const signedIn = async (hash: string, options?: Parameters<TestBrowser["open"]>[1]) => {
      const page = await browser.open(operator, options);
      await page.getByRole("heading", { name: "Overview" }).waitFor();
      if (hash !== "") await page.goto(`${browser.url}#/${hash}`);
      return page;
    };
    const textOf = (page: Page) => page.locator("body").innerText();
    const shows = (page: Page, text: string | RegExp) =>
      eventually(
        `the page shows ${text}`,
        async () => {
          const body = await textOf(page);
          if (typeof text === "string" ? body.includes(text) : text.test(body)) return true;
          throw new Error(body.slice(0, 1_500));
        },
        { seconds },
      );

    it("lets nobody in without a token that is good, made for it, and still valid", async () => {
      const page = await browser.open("");
      await page.getByRole("heading", { name: "Sign in" }).waitFor();
      expect(await seriousFindings(page)).toEqual([]);
      const tryToken = async (token: string) => {
        await page.getByLabel("Token").fill(token);
        await page.getByRole("button", { name: "Sign in" }).click();
      };
      await tryToken("nonsense");
      await shows(page, "the API server does not accept this token");
      await tryToken(await tokenOf(cluster().api, "operator", "https://kubernetes.default.svc"));
      await shows(page, "this token is for another audience (https://kubernetes.default.svc)");
      const claims = Buffer.from(JSON.stringify({ exp: 1_700_000_000, aud: ["sluice-console"] }));
      await tryToken(`e30.${claims.toString("base64url")}.e30`);
      await shows(page, "this token expired at 2023-11-14T22:13:20.000Z");
      expect(await textOf(page)).not.toContain("imagenet");
      await tryToken(operator);
      await page.getByRole("heading", { name: "Overview" }).waitFor();
      await page.getByRole("button", { name: "Sign out" }).click();
      await page.getByRole("heading", { name: "Sign in" }).waitFor();
      await page.context().close();
    });

    it("goes where somebody wants to go in the moment of signing in", async () => {
      const page = await browser.open("");
      await page.getByLabel("Token").fill(operator);
      // The page after signing in is there then, but not painted yet.
      await page.evaluate(`(async () => {
        document.querySelector("form").requestSubmit();
        while (document.querySelector("form") !== null) await Promise.resolve();
        location.hash = "#/datasets";
      })()`);
      await page.getByRole("heading", { name: "Datasets" }).waitFor();
      await page.context().close();
    });

    it("shows in its overview what there is and what is wrong", async () => {
      const page = await signedIn("");
      await shows(page, "Dataset demo/speech");
      await shows(page, /Refused\s+Job demo\/transcribe/);
      await shows(page, "demo/evaluate");
      await shows(page, /1\s+pods missed/);
      await shows(page, /[1-9]\d* refusals?: told to workloads/);
      expect(await seriousFindings(page)).toEqual([]);
      await picture(page, "overview");
      await page.context().close();
    });

    it("lists pods, filters and sorts them on the server, and by keyboard", async () => {
      const page = await signedIn("pods");
      await page.getByRole("link", { name: "train" }).waitFor();
      expect(await seriousFindings(page)).toEqual([]);
      await page.keyboard.press("/");
      await page.keyboard.type("evalu");
      await shows(page, "1 pod\n");
      expect(await textOf(page)).not.toContain("hidden-pod");
      await page.goto(`${browser.url}#/pods?health=bad&sort=name&descending=true`);
      await page.getByRole("link", { name: "tune" }).waitFor();
      const names = await page.locator("tbody tr td:first-child a").allInnerTexts();
      expect(names).toEqual([...names].sort().reverse());
      expect(names).toContain("missed");
      expect(names).not.toContain("train");
      await page.locator("h1").click();
      await page.keyboard.press("g");
      await page.keyboard.press("d");
      await page.getByRole("heading", { name: "Datasets" }).waitFor();
      await page.context().close();
    });

    it.each([
      ["train", "serving", "fluid-fuse-0 serves"],
      ["evaluate", "waiting", "cannot be pulled"],
      ["tune", "restarting", "killed for want of memory"],
    ])("tells of pod %s that its client is %s", async (pod, state, reason) => {
      const page = await signedIn(`pods/demo/${pod}`);
      await page.getByRole("heading", { name: pod, exact: true }).waitFor();
      await shows(page, reason);
      expect(await page.locator(".cards").innerText()).toContain(state);
      expect(await seriousFindings(page)).toEqual([]);
      if (pod === "evaluate") await picture(page, "pod");
      await page.context().close();
    });

    it("says of a missed pod what to do, and of one that is gone that it is", async () => {
      const page = await signedIn("pods/demo/missed");
      await shows(page, /made without clients[\s\S]*kubectl -n demo delete pod missed/);
      await cluster().api.createAnew(demoPods, podOf("brief", { claims: ["imagenet"] }));
      await page.goto(`${browser.url}#/pods/demo/brief`);
      await shows(page, "Containers");
      await cluster().api.delete(`${demoPods}/brief`);
      await shows(page, "there is no pod demo/brief, or not any more");
      await page.context().close();
    });

    it("shows hostile texts as the texts they are", async () => {
      await addHostile(cluster());
      const page = await signedIn("pods/demo/hostile");
      await shows(page, hostile);
      await page.goto(`${browser.url}#/pods?search=hostile`);
      await shows(page, hostile);
      await page.goto(`${browser.url}#/why?kind=Pod&namespace=demo&name=hostile`);
      await shows(page, "Pod demo/hostile");
      expect(await page.locator("img, main script").count()).toBe(0);
      await page.context().close();
    });

    it("shows a dataset with its client, nodes and pods", async () => {
      const page = await signedIn("datasets/demo/imagenet");
      await shows(page, "fluid.io/s-demo-imagenet=true");
      await shows(page, "node-a");
      await shows(page, "DaemonSet demo/imagenet-fuse");
      await page.getByRole("link", { name: "train" }).waitFor();
      expect(await seriousFindings(page)).toEqual([]);
      await page.context().close();
    });

    it("answers why: a manifest that is pasted, an object that is named, a refusal, nonsense", async () => {
      const page = await signedIn("why", { viewport: { width: 1000, height: 1000 } });
      const manifest = page.getByRole("form", { name: "Paste a manifest" });
      const ask = async (value: unknown) => {
        await manifest
          .getByLabel("YAML or JSON")
          .fill(typeof value === "string" ? value : JSON.stringify(value));
        await manifest.getByRole("button", { name: "Ask" }).click();
      };
      await ask(podOf("new", { claims: ["imagenet", "corpus"] }));
      await shows(page, "injected (sidecar mode, native sidecar, platform kubernetes)");
      await shows(page, /\+ +- name: fluid-fuse-0/);
      await shows(page, /node-a\s+weight/);
      expect(await page.locator(".diff .added").count()).toBeGreaterThan(10);
      // Line below line, not one beside the other.
      expect((await page.locator(".diff").boundingBox())?.height).toBeGreaterThan(300);
      expect(await page.locator(".nodes .holds").count()).toBeGreaterThan(0);
      expect(await seriousFindings(page)).toEqual([]);
      await page.evaluate("document.querySelector('.answer').scrollIntoView()");
      await picture(page, "why");
      await ask(podOf("new", { claims: ["speech"] }));
      await shows(page, /refused[\s\S]*Dataset demo\/speech, which does not exist/);
      await ask("kind: [");
      await shows(page, /line:\d+:\d+: /);
      await page.goto(`${browser.url}#/why?kind=Job&namespace=demo&name=transcribe`);
      await shows(page, /Job demo\/transcribe\s+0 pods[\s\S]*If it were made now\s+refused/);
      await page.context().close();
    });

    it("tells of an object that is named how it stands, and in what it differs from now", async () => {
      const { api } = cluster();
      const daemonSet = "/apis/apps/v1/namespaces/demo/daemonsets/imagenet-fuse";
      const page = await signedIn("why?kind=Pod&namespace=demo&name=train", {
        viewport: { width: 1000, height: 1000 },
      });
      const stands = page.getByRole("region", { name: "How it stands" });
      await shows(page, "in nothing: it would come out the same");
      expect(await stands.innerText()).toMatch(
        /injected \(sidecar mode[\s\S]*it (holds|does not hold) the cache of Dataset demo\/imagenet/,
      );
      const path = ["spec", "template", "spec", "containers", 0, "image"] as const;
      const before = textAt(await api.get(daemonSet), ...path);
      const withImage = (value: string) =>
        api.patch(daemonSet, [{ op: "replace", path: `/${path.join("/")}`, value }], "json");
      await withImage("alluxio/alluxio-dev:3.0.0");
      try {
        await eventually(
          "the page tells that the image is old",
          async () => {
            await page.getByRole("form", { name: "Name an object" }).getByRole("button").click();
            await stands.waitFor();
            return (await stands.innerText()).includes("the template's is alluxio/alluxio-dev:3.0.0 now");
          },
          { seconds },
        );
        expect(await seriousFindings(page)).toEqual([]);
        await page.evaluate("document.querySelector('.answer').scrollIntoView()");
        await picture(page, "stands");
      } finally {
        await withImage(before);
      }
      await page.goto(`${browser.url}#/why?kind=Pod&namespace=demo&name=evaluate`);
      await shows(page, /Remedy: see that the image exists/);
      await page.goto(`${browser.url}#/why?kind=Pod&namespace=demo&name=missed`);
      await shows(page, "it has no client, and would get one now");
      await page.context().close();
    });

    it("shows each only what the cluster lets see, and leaks nothing of the rest", async () => {
      await addHidden(cluster());
      const operating = await signedIn("pods?namespace=secret-team");
      await shows(operating, "hidden-pod");
      await operating.context().close();
      const member = await browser.open(await tokenOf(cluster().api, "member"));
      await shows(member, "Only the namespaces that your token may see");
      for (const hash of [
        "",
        "pods",
        "datasets",
        "pods/secret-team/hidden-pod",
        "datasets/secret-team/hidden-data",
      ]) {
        await member.goto(`${browser.url}#/${hash}`);
        await shows(member, hash.includes("secret") ? /you may not/ : /demo/);
        if (!hash.includes("secret")) expect(await textOf(member)).not.toMatch(/secret-team|hidden/);
      }
      await member.goto(`${browser.url}#/datasets/demo/imagenet`);
      await shows(member, "you may not list nodes");
      const asked = await member.evaluate(
        "fetch('api/v1/pods', { headers: { authorization: 'Bearer ' + sessionStorage.getItem('sluice-token') } }).then((r) => r.text())",
      );
      expect(String(asked)).toContain("train");
      expect(String(asked)).not.toMatch(/secret-team|hidden/);
      await member.context().close();

      const nobody = await browser.open(await tokenOf(cluster().api, "nobody"));
      await nobody.goto(`${browser.url}#/pods`);
      await shows(nobody, "No pod that matches and may be seen.");
      await nobody.goto(`${browser.url}#/why?kind=Pod&namespace=demo&name=train`);
      await shows(nobody, "you may not get pods in namespace demo");
      expect(await textOf(nobody)).not.toMatch(/imagenet|secret-team/);
      await nobody.context().close();
    });

    it("loses nothing of what is written and done while answers come: search, back, keyboard", async () => {
      const page = await signedIn("pods");
      await page.getByRole("link", { name: "train" }).waitFor();
      const search = page.getByLabel("Search");
      // More is written in the very moment in which the first of it is asked for.
      await page.evaluate(`addEventListener("hashchange", () => {
        const input = document.querySelector("input[type=search]");
        input.value = "evalu";
        input.dispatchEvent(new Event("input", { bubbles: true }));
      }, { once: true })`);
      await search.fill("ev");
      await page.waitForURL(/search=evalu$/);
      await shows(page, "1 pod\n");
      expect(await search.inputValue()).toBe("evalu");
      await page.goBack();
      await page.waitForURL(/search=ev$/);
      await eventually("the field goes back, too", async () => (await search.inputValue()) === "ev", {
        seconds,
      });
      await page.getByRole("button", { name: "Age" }).focus();
      await page.keyboard.press("Enter");
      await page.waitForURL(/sort=created/);
      await page.locator("th[aria-sort=ascending]", { hasText: "Age" }).waitFor();
      await page.locator("[aria-busy=false]").waitFor();
      expect(await page.evaluate("document.activeElement.textContent")).toContain("Age");
      await page.context().close();
    });

    it("asks for a token when it has expired, and lets what is written there be, whatever fails", async () => {
      const page = await signedIn("pods/demo/train");
      await shows(page, "Containers");
      let status = 401;
      const answer = () => ({ status, json: { message: `no: ${status}` } });
      await page.route("**/api/v1/**", (route) => route.fulfill(answer()));
      await page.getByRole("heading", { name: "Sign in" }).waitFor();
      await shows(page, "no: 401");
      expect(await textOf(page)).not.toContain("Containers");
      await page.getByLabel("Token").fill("half a tok");
      status = 503;
      await shows(page, "no: 503");
      expect(await page.getByLabel("Token").inputValue()).toBe("half a tok");
      await page.unroute("**/api/v1/**");
      await shows(page, "Containers");
      await page.context().close();
    });

    it("answers the last question, though the one before it takes longer", async () => {
      const page = await signedIn("why");
      let release = () => {};
      const held = new Promise<void>((resolve) => {
        release = resolve;
      });
      let first = true;
      await page.route("**/api/v1/why", async (route) => {
        if (first) {
          first = false;
          await held;
        }
        await route.continue();
      });
      const form = page.getByRole("form", { name: "Name an object" });
      for (const name of ["evaluate", "train"]) {
        await form.getByLabel("Name", { exact: true }).fill(name);
        await form.getByRole("button").click();
      }
      await page.getByRole("heading", { name: "Pod demo/train" }).waitFor();
      const late = page.waitForResponse("**/api/v1/why");
      release();
      await (await late).finished();
      await page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))");
      expect(await page.locator(".answer h2").first().innerText()).toBe("Pod demo/train");
      await page.context().close();
    });

    it("tells ages by the server's clock, and breaks the longest names", async () => {
      const name = `long-${"n".repeat(200)}`;
      await addObject(cluster().api, podOf(name, { claims: ["imagenet"] }));
      const page = await browser.open("", { viewport: { width: 390, height: 780 } });
      await page.addInitScript("{ const now = Date.now; Date.now = () => now() + 5 * 3_600_000; }");
      await page.reload();
      await page.getByLabel("Token").fill(operator);
      await page.getByRole("button", { name: "Sign in" }).click();
      await page.getByRole("heading", { name: "Overview" }).waitFor();
      // 640 pixels: a window of 1280 at 200 %.
      for (const width of [390, 640])
        for (const hash of [
          "pods?search=long-",
          `pods/demo/${name}`,
          `why?kind=Pod&namespace=demo&name=${name}`,
        ]) {
          await page.setViewportSize({ width, height: 780 });
          await page.goto(`${browser.url}#/${hash}`);
          await shows(page, name);
          const wide: unknown = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
          expect(Number(wide), `${hash} at ${width}`).toBeLessThanOrEqual(0);
        }
      await page.goto(`${browser.url}#/pods/demo/${name}`);
      await shows(page, /age\s+\d+ (s|min)\b/i);
      await page.context().close();
    });

    it("can be read in the dark and on a small screen", async () => {
      const page = await signedIn("", { colorScheme: "dark", viewport: { width: 390, height: 780 } });
      for (const hash of ["", "pods", "datasets/demo/imagenet", "why"]) {
        await page.goto(`${browser.url}#/${hash}`);
        await page.locator("h1").waitFor();
        await shows(page, hash === "" ? "What is wrong now" : /demo|manifest/);
        expect(await seriousFindings(page), hash).toEqual([]);
        const wide: unknown = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
        expect(Number(wide), hash).toBeLessThanOrEqual(0);
        await picture(page, `small-${hash.split("/")[0] || "overview"}`);
      }
      await page.context().close();
    });

    it("says since when it knows nothing while the API server is away, and goes on by itself", {
      timeout: 240_000,
    }, async () => {
      const page = await signedIn("pods");
      await page.getByRole("link", { name: "train" }).waitFor();
      await cluster().plane.restartApiServer(async () => {
        await shows(page, /Nothing is known since \d/);
        expect(await textOf(page)).toContain("train");
      });
      await eventually(
        "the page goes on",
        async () => !(await textOf(page)).includes("Nothing is known since"),
        { seconds: 120 },
      );
      await page.context().close();
    });

    it("has run no script but its own, and asked nobody else for anything", () => {
      expect(browser.complaints).toEqual([]);
    });
  },
  whyNot,
);
