import type { Finding } from "../types/reason.ts";
import type { Platform } from "./platform.ts";

/** How clients share their mount, start and end on this platform, each in words for a reader. */
export function describeLayout(platform: Platform, native: boolean): Finding[] {
  const parts = {
    mount: sharing(platform),
    start: starting(platform, native),
    end: ending(platform, native),
  };
  return Object.entries(parts).map(([part, words]) => ({
    code: "platform-layout",
    message: `platform ${platform.name}, ${part}: ${words}`,
  }));
}

/** How a client's mount reaches the app. */
export function sharing({ mount }: Platform): string {
  switch (mount.by) {
    case "views":
      return "clients show their mounts as views, which heal";
    case "empty-dir":
      return "clients mount into a shared emptyDir, whose data are gone for the app until its pod is made anew if one dies";
    case "annotation":
      return `clients mount into a shared emptyDir, let through by ${mount.annotation?.list}`;
    case "inline-csi":
      return `the volume driver ${mount.csi?.driver} shows the client's mount`;
    case "nothing":
      return "no client can share its mount";
  }
}

/** What lets the app start after its client. */
export function starting({ start, mount }: Platform, native: boolean): string {
  if (mount.by === "views") return "a link that dangles until it is served holds back who mounts it";
  if (native) return "a startupProbe holds back what starts after them";
  if (start.priority !== undefined)
    return `${start.priority.env} and their readiness hold back what starts after them`;
  return "they stand first, and a hook holds back what starts after them";
}

/** What ends a client when the app has ended, and in what order. */
export function ending({ end }: Platform, native: boolean): string {
  if (native) return "they end after the app";
  const last = end.priority === undefined ? "" : `, and ${end.priority.env} lets them end last`;
  if (end.by === "environment")
    return `with ${Object.keys(end.env).join(" and ")} the platform ends them with the app${last}`;
  if (end.by === "annotation") return `with ${end.annotation} the platform ends them with the app${last}`;
  return `only a controller ends them when the app has ended${last}`;
}
