/** An option as a help text shows it. */
export interface OptionEntry {
  /** With its dashes: "--filename". */
  readonly long: string;
  readonly short?: string;
  /** What stands for its value, such as "FILE"; absent where it takes none. */
  readonly value?: string;
  readonly text: string;
}

export interface CommandEntry {
  readonly name: string;
  readonly text: string;
  readonly options: readonly OptionEntry[];
}

const optionLine = /^ {2}(?:(-\w), | {4})(--[\w-]+)(?: ([A-Z][A-Z:]*))? {2,}(\S.*)$/;
const commandLine = /^ {2}([a-z]+) {2,}(\S.*)$/;

/** The commands and their options, as the help texts list them; "" is the help of sluice itself. */
export function readHelp(help: Readonly<Record<string, string>>): CommandEntry[] {
  const main = sectionOf(help[""] ?? "", "Commands");
  return main.flatMap((line) => {
    const [, name, text = ""] = commandLine.exec(line) ?? [];
    return name === undefined ? [] : [{ name, text, options: readOptions(help[name] ?? "") }];
  });
}

/** The options of one help text. */
function readOptions(text: string): OptionEntry[] {
  return sectionOf(text, "Options").flatMap((line) => {
    const [, short, long, value, words = ""] = optionLine.exec(line) ?? [];
    if (long === undefined) return [];
    return [{ long, ...(short && { short }), ...(value && { value }), text: words }];
  });
}

/** The lines below a heading, up to the next empty one. */
function sectionOf(text: string, heading: string): string[] {
  const lines = text.split("\n");
  const begin = lines.indexOf(heading) + 1;
  if (begin === 0) return [];
  const end = lines.indexOf("", begin);
  return lines.slice(begin, end < 0 ? undefined : end);
}
