import type { Readable, Writable } from "node:stream";

/** All that a subcommand sees of the process it runs in; `main.ts` makes it, tests make their own. */
export interface CommandIo {
  readonly stdin: Readable;
  /** Results only; progress, reports and problems go to `stderr`. */
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether output may be coloured: a terminal or FORCE_COLOR, and no NO_COLOR. */
  readonly color: boolean;
  /** How the command was called, for help and messages; "sluice" where it is left out. */
  readonly program?: string;
  /** Aborted when the process is asked to stop (SIGTERM, SIGINT). */
  readonly stop: AbortSignal;
}

/** A subcommand: takes the arguments after its name, gives the exit code (0 fine, 1 refused or failed, 2 usage or unreadable input). */
export type Command = (argv: string[], io: CommandIo) => Promise<number>;
