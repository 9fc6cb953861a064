/** How long things take or may take when an API server is watched, in milliseconds where nothing else is said. */
export interface LiveTiming {
  /** The pause after a first failure, and after a watch that ended as it should. It doubles with each failure. */
  readonly firstPause: number;
  readonly longestPause: number;
  /** The longest pause while nobody answers at all: trying costs nobody anything then. */
  readonly longestPauseUnreachable: number;
  /** A watch that has lived for so long was healthy: the pause begins from the first one again. */
  readonly healthy: number;
  /** How long the server is asked to keep a watch open: a random number of seconds between these. */
  readonly watchSeconds: readonly [number, number];
  /** A watch in which nothing at all arrives for so long is taken for dead; bookmarks come about once a minute. */
  readonly idle: number;
  /** The same for the beginning of a watch, and for all other answers. */
  readonly answer: number;
  /** How often to look which of Fluid's CRDs are installed, and which version the API server has. */
  readonly discovery: number;
  /** How often a missing or unfinished object is read again while somebody waits for it. */
  readonly poll: number;
  /** How long an answer "does not exist" may be used again. */
  readonly absence: number;
  /** How long an answer "not permitted" is told of: a right may be given at any moment. */
  readonly denial: number;
  /** How long one fresh read may take. */
  readonly read: number;
}

/** As replicas in a cluster have it; tests shorten it. */
export const defaultTiming: LiveTiming = {
  firstPause: 250,
  longestPause: 30_000,
  longestPauseUnreachable: 500,
  healthy: 10_000,
  watchSeconds: [240, 290],
  idle: 95_000,
  answer: 15_000,
  discovery: 10_000,
  poll: 250,
  absence: 1_000,
  denial: 2_000,
  read: 1_500,
};
