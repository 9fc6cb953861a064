import { expect, it } from "vitest";
import { createMetrics } from "../../src/telemetry/metrics.ts";
import { injectedOutcome } from "../support/review-outcome.ts";

it("counts reviews by verdict, mode and reason, and times them in seconds", async () => {
  const metrics = createMetrics({ process: false });
  metrics.countReview(injectedOutcome);
  metrics.countReview(injectedOutcome);
  metrics.countReview({ ...injectedOutcome, verdict: "unchanged", code: "not-opted-in" });
  const page = await metrics.render();
  expect(page).toContain('sluice_reviews_total{verdict="injected",mode="sidecar",code="injected"} 2\n');
  expect(page).toContain('sluice_reviews_total{verdict="unchanged",mode="sidecar",code="not-opted-in"} 1\n');
  expect(page).toContain('sluice_review_duration_seconds_bucket{le="0.0025"} 0\n');
  expect(page).toContain('sluice_review_duration_seconds_bucket{le="0.005"} 3\n');
  expect(page).toContain("sluice_review_duration_seconds_sum 0.009");
});

it("shows what is set", async () => {
  const metrics = createMetrics({ process: false });
  metrics.countRefusedRequest(413);
  metrics.reviewsInWork(3);
  metrics.setProblems("certificate", 1);
  metrics.setCertificateExpiry(new Date("2027-01-01T00:00:00Z"));
  metrics.setClusterObjects("Dataset", 7);
  const page = await metrics.render();
  expect(page).toContain('sluice_refused_requests_total{status="413"} 1\n');
  expect(page).toContain("sluice_reviews_in_work 3\n");
  expect(page).toContain('sluice_problems{with="certificate"} 1\n');
  expect(page).toContain("sluice_certificate_expiry_timestamp_seconds 1798761600\n");
  expect(page).toContain('sluice_cluster_objects{kind="Dataset"} 7\n');
  expect(page).not.toContain("process_");
});

it("counts reviews that were answered like another among all, and apart", async () => {
  const metrics = createMetrics({ process: false });
  metrics.countReview(injectedOutcome);
  metrics.countReview({ ...injectedOutcome, alike: true });
  const page = await metrics.render();
  expect(page).toContain('sluice_reviews_total{verdict="injected",mode="sidecar",code="injected"} 2\n');
  expect(page).toContain("sluice_alike_reviews_total 1\n");
});

it("counts patches by size, and what has no patch not at all", async () => {
  const metrics = createMetrics({ process: false });
  metrics.countReview({ ...injectedOutcome, patchBytes: 3_000 });
  metrics.countReview(injectedOutcome);
  const page = await metrics.render();
  expect(page).toContain('sluice_patch_bytes_bucket{le="2500"} 0\n');
  expect(page).toContain('sluice_patch_bytes_bucket{le="5000"} 1\n');
  expect(page).toContain("sluice_patch_bytes_count 1\n");
});

it("shows a live cluster's contacts, and no contact with what is not there any more", async () => {
  const metrics = createMetrics({ process: false });
  metrics.setResource({ resource: "nodes", lastContact: 5_000, restarts: 2 });
  metrics.setResource({ resource: "datasets.data.fluid.io", lastContact: 5_000, restarts: 0 });
  metrics.setResource({ resource: "nodes", lastContact: 6_500, restarts: 3 });
  metrics.setResource({ resource: "datasets.data.fluid.io", lastContact: undefined, restarts: 1 });
  metrics.setLiveReads({ found: 4, missing: 1, failed: 0 });
  metrics.setLiveReads({ found: 5, missing: 1, failed: 0 });
  metrics.setRegistration("trusted", ["trusted", "missing"]);
  metrics.setRegistration("missing", ["trusted", "missing"]);
  metrics.setAuthorityExpiry(new Date("2027-01-01T00:00:00Z"));
  metrics.countCertificateAction("bundle-repaired");
  const page = await metrics.render();
  for (const line of [
    'sluice_watch_last_contact_timestamp_seconds{resource="nodes"} 6.5',
    'sluice_watch_restarts_total{resource="nodes"} 3',
    'sluice_watch_restarts_total{resource="datasets.data.fluid.io"} 1',
    'sluice_live_reads_total{result="found"} 5',
    'sluice_registration_state{state="trusted"} 0',
    'sluice_registration_state{state="missing"} 1',
    "sluice_authority_expiry_timestamp_seconds 1798761600",
    'sluice_certificate_actions_total{action="bundle-repaired"} 1',
  ]) {
    expect(page).toContain(`${line}\n`);
  }
  expect(page).not.toContain('last_contact_timestamp_seconds{resource="datasets');
});

it("asks for what is only known at a scrape, and keeps two servers apart", async () => {
  const one = createMetrics({
    process: false,
    beforeRender: (metrics) => metrics.setClusterObjects("Node", 4),
  });
  const two = createMetrics({ process: false });
  expect(await one.render()).toContain('sluice_cluster_objects{kind="Node"} 4\n');
  expect(await two.render()).not.toContain('kind="Node"');
});

it("adds the process's own metrics when asked to", async () => {
  expect(await createMetrics({ process: true }).render()).toContain("process_resident_memory_bytes");
});
