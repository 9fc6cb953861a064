import { alibabaCloud } from "./alibaba-cloud.ts";
import { closedPlatforms } from "./closed-platforms.ts";
import { kata, kubernetes, virtualNode } from "./cluster-nodes.ts";
import { otherClouds } from "./other-clouds.ts";
import type { Platform, PlatformMark } from "./platform.ts";

/** The platforms as they come with Sluice. */
export const builtInPlatforms: readonly Platform[] = [
  kubernetes,
  ...alibabaCloud,
  ...otherClouds,
  ...closedPlatforms,
  kata,
  virtualNode,
];

/** The platforms of one configuration, and what they are recognised by, ready to be looked up. */
export interface PlatformCatalog {
  readonly platforms: readonly Platform[];
  readonly byName: ReadonlyMap<string, Platform>;
  readonly targets: readonly KnownMark[];
  readonly marks: readonly KnownMark[];
  readonly namespaceMarks: readonly KnownMark[];
  readonly bursts: readonly KnownBurst[];
  /** Those that a nodeSelector leads to, the ones with more labels first. */
  readonly selected: readonly Selected[];
  readonly tainted: readonly { readonly platform: Platform; readonly key: string }[];
  readonly runtimes: readonly { readonly platform: Platform; readonly part: string }[];
}

export interface KnownMark extends PlatformMark {
  readonly platform: Platform;
}

export interface KnownBurst {
  readonly platform: Platform;
  readonly kind: "label" | "annotation";
  readonly key: string;
}

export interface Selected {
  readonly platform: Platform;
  readonly labels: readonly (readonly [key: string, value: string])[];
}

/** Makes platforms ready to be looked up; done once for a configuration. */
export function catalogOf(platforms: readonly Platform[]): PlatformCatalog {
  const marksOf = (list: "targets" | "marks"): KnownMark[] =>
    platforms.flatMap((platform) => platform.recognition[list].map((mark) => ({ ...mark, platform })));
  const marks = marksOf("marks");
  return {
    platforms,
    byName: new Map(platforms.map((platform) => [platform.name, platform])),
    targets: marksOf("targets"),
    marks,
    namespaceMarks: marks.filter((mark) => mark.onNamespace),
    bursts: platforms.flatMap((platform) =>
      platform.recognition.bursts.map((burst) => ({ ...burst, platform })),
    ),
    selected: platforms
      .map((platform) => ({ platform, labels: Object.entries(platform.recognition.nodeLabels) }))
      .filter(({ labels }) => labels.length > 0)
      .sort((a, b) => b.labels.length - a.labels.length),
    tainted: platforms.flatMap((platform) => platform.recognition.taints.map((key) => ({ platform, key }))),
    runtimes: platforms.flatMap((platform) => {
      const part = platform.recognition.runtimeClass;
      return part === undefined ? [] : [{ platform, part }];
    }),
  };
}

/** The known names, for messages: "kubernetes, eci, …". */
export function listPlatformNames({ platforms }: PlatformCatalog): string {
  return platforms.map((platform) => platform.name).join(", ");
}
