import type { CommandIo } from "./command-io.ts";
import { allHelp } from "./completion.ts";
import { operands } from "./completion-scripts.ts";
import { type CommandEntry, type OptionEntry, readHelp } from "./option-table.ts";
import { print } from "./print.ts";

// Cobra: ShellCompDirective, which kubectl's own completion goes by.
const directives = { files: 0, word: 4, wordGoesOn: 6, folders: 16 } as const;

/** `sluice __complete WORDS`: what the last of the words may become, as kubectl asks a plugin for it. */
export async function run(argv: string[], io: CommandIo): Promise<number> {
  await print(io.stdout, complete(argv, readHelp(allHelp())));
  return 0;
}

/**
 * One candidate a line, a tab and what it means behind it, then the directive. `typed` is what stands after the
 * program's name, the last word being the one that is completed. (Kubernetes: docs, "Extend kubectl with plugins".)
 */
export function complete(typed: readonly string[], commands: readonly CommandEntry[]): string {
  const current = typed.at(-1) ?? "";
  const before = typed.slice(0, -1);
  const command = commands.find(({ name }) => name === before[0]);
  if (before.length === 0) return candidates(current, commands, directives.word);
  if (command === undefined) return candidates(current, [], directives.word);
  const asksFor = command.options.find(({ long, short }) => [long, short].includes(before.at(-1)));
  if (asksFor?.value !== undefined) return candidates(current, [], directiveOf(asksFor.value));
  if (current.startsWith("-")) {
    const options = command.options.flatMap((option) => namesOf(option));
    return candidates(current, options, directives.word);
  }
  const words = (operands[command.name] ?? []).map((name) => ({ name, text: "" }));
  return candidates(current, words, directives.word);
}

interface Candidate {
  readonly name: string;
  readonly text: string;
}

function candidates(current: string, all: readonly Candidate[], directive: number): string {
  const fitting = all.filter(({ name }) => name.startsWith(current));
  // After "pod/" comes a name.
  const goesOn = fitting.length > 0 && fitting.every(({ name }) => name.endsWith("/"));
  const lines = fitting.map(({ name, text }) => (text === "" ? name : `${name}\t${text}`));
  return [...lines, `:${goesOn ? directives.wordGoesOn : directive}`, ""].join("\n");
}

function namesOf({ long, short, text }: OptionEntry): Candidate[] {
  return [long, ...(short === undefined ? [] : [short])].map((name) => ({ name, text }));
}

function directiveOf(value: string): number {
  if (value === "DIR") return directives.folders;
  return value === "FILE" ? directives.files : directives.word;
}
