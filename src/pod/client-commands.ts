import { compactScript } from "../types/compact-script.ts";
import gateText from "./scripts/gate.sh";
import guardText from "./scripts/guard.sh";
import mountedText from "./scripts/mounted.sh";
import supervisorText from "./scripts/supervisor.sh";

/** One way into a dataset: what an app's mount names as its `subPath`, and what stands behind it. */
export interface View {
  /** Absolute path of the view's link in the client's container, on the volume that it shares with the app. */
  readonly path: string;
  /**
   * Path inside the dataset, `.` for its root, in Kubernetes' expansion syntax: `$(VAR)` is a variable, `$$` a dollar
   * sign. Where the dataset is only a part of the client's mount, `/./` ends that part (`imagenet/./train`), and no link
   * leads out of it.
   */
  readonly source: string;
  readonly readOnly: boolean;
}

/** A client's own command and what its supervisor does with the mount. */
export interface SupervisedClient {
  /** Where the client mounts the dataset in its own container. */
  readonly mountPath: string;
  readonly views: readonly View[];
  /** The client's own command and arguments, untouched; empty when it runs in another container and is only attended. */
  readonly client: readonly string[];
}

const supervisorName = "sluice-supervisor";
const guardName = "sluice-guard";
const gateName = "sluice-gate";
const mountedName = "sluice-mounted";

// Escaped once: escaping the supervisor costs as much as a tenth of a whole review.
const supervisorScript = escapeWord(compactScript(supervisorText));
const guardScript = escapeWord(compactScript(guardText));
const gateScript = compactScript(gateText);
const mountedScript = compactScript(mountedText);

/**
 * `command` of a client's container: the supervisor around the client's own command.
 * Source of the escapes: Kubernetes expands `$(VAR)` and `$$` in a container's command and args.
 */
export function supervisorCommand({ mountPath, views, client }: SupervisedClient): string[] {
  return [
    "sh",
    "-c",
    supervisorScript,
    supervisorName,
    escapeExpansion(mountPath),
    ...views.flatMap((view) => [escapeExpansion(view.path), view.source, view.readOnly ? "ro" : "rw"]),
    "--",
    ...client,
  ];
}

/**
 * Reads a supervisor's command back, by its structure: the text of the script may be another version's.
 * Returns undefined for any other command.
 */
export function parseSupervisorCommand(command: readonly string[] | undefined): SupervisedClient | undefined {
  if (command === undefined || !isScriptCommand(command, supervisorName)) return undefined;
  const mountPath = command[4];
  if (mountPath === undefined) return undefined;
  const views: View[] = [];
  for (let at = 5; ; at += 3) {
    const [path, source, mode] = command.slice(at, at + 3);
    if (path === "--")
      return { mountPath: unescapeExpansion(mountPath), views, client: command.slice(at + 1) };
    if (path === undefined || source === undefined || (mode !== "ro" && mode !== "rw")) return undefined;
    views.push({ path: unescapeExpansion(path), source, readOnly: mode === "ro" });
  }
}

/** `command` of the guard's container: at its end it takes off what is mounted under `directories`. */
export function guardCommand(directories: readonly string[]): string[] {
  return ["sh", "-c", guardScript, guardName, ...directories.map(escapeExpansion)];
}

/** True for a guard's command of this or another version. */
export function isGuardCommand(command: readonly string[] | undefined): boolean {
  return command !== undefined && isScriptCommand(command, guardName);
}

/**
 * `command` of a postStart exec hook that waits, `seconds` at most, for the views' paths to be served.
 * Nothing is escaped: Kubernetes expands no variables in hooks.
 */
export function gateCommand(seconds: number, views: readonly string[]): string[] {
  return ["sh", "-c", gateScript, gateName, String(seconds), ...views];
}

/** How many seconds such a command of this or another version waits; undefined for any other command. */
export function parseGateCommand(command: readonly string[] | undefined): number | undefined {
  return command !== undefined && isScriptCommand(command, gateName) ? Number(command[4]) || 0 : undefined;
}

/**
 * `command` of a probe (`seconds` is 0), or of a hook that waits that long: is something of these types mounted at
 * `mountPath`? Nothing is escaped: Kubernetes expands no variables in either.
 */
export function mountedCommand(seconds: number, mountPath: string, fileSystems: readonly string[]): string[] {
  const point = mountPath.replaceAll("\\", "\\134").replaceAll(" ", "\\040").replaceAll("\t", "\\011");
  return ["sh", "-c", mountedScript, mountedName, String(seconds), mountPath, point, ...fileSystems];
}

/** Where the mount is that such a command of this or another version asks about; undefined for any other command. */
export function parseMountedCommand(command: readonly string[] | undefined): string | undefined {
  return command !== undefined && isScriptCommand(command, mountedName) ? command[5] : undefined;
}

/** Writes literal text in Kubernetes' expansion syntax, where `$$` stands for a dollar sign. */
export function escapeExpansion(text: string): string {
  return text.replaceAll("$", "$$$$");
}

/**
 * As `escapeExpansion`, for a text that is a whole word: without neighbours only `$(` and `$$` mean anything, so a script
 * stays shorter, and readable in the pod.
 */
export function escapeWord(text: string): string {
  return text.replace(/\$(?=[$(])/g, "$$$$");
}

/** One line of shell that runs `command` (literal words), such as a template's preStop for `SLUICE_PRE_STOP`. */
export function shellLine(command: readonly string[]): string {
  return command.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
}

function unescapeExpansion(text: string): string {
  return text.replaceAll("$$", "$");
}

function isScriptCommand(command: readonly string[], name: string): boolean {
  return command[0] === "sh" && command[1] === "-c" && command[3] === name;
}
