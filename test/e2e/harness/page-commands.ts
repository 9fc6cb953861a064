import { readFileSync } from "node:fs";

const repository = new URL("../../../", import.meta.url);
/** With less behind it, a program is only spoken of. */
const command = /^(docker|helm|kubectl|npx|sed) +\S+ +\S/;

/** The commands that a page tells its reader to run, so that they can be run as they stand there. */
export class PageCommands {
  readonly #page: string;
  readonly #commands: readonly string[];
  readonly #taken = new Set<string>();

  /** `page` is a path in the repository, such as "docs/install.md". */
  constructor(page: string) {
    const text = readFileSync(new URL(page, repository), "utf8");
    const blocks = [...text.matchAll(/^```\w*\n(.*?)^```/gms)].map(([, block = ""]) => block);
    const lines = blocks.flatMap((block) => block.replaceAll(/ \\\n\s*/g, " ").split("\n"));
    const inline = [...text.matchAll(/`([^`\n]+)`/g)].map(([, code = ""]) => code);
    this.#page = page;
    this.#commands = [...new Set([...lines, ...inline])].filter((line) => command.test(line));
  }

  /** This very command, or else the first that begins so. Throws where the page has none. */
  take(begin: string): string {
    const found =
      this.#commands.find((one) => one === begin) ?? this.#commands.find((one) => one.startsWith(begin));
    if (found === undefined) throw new Error(`${this.#page} has no command "${begin}…"`);
    this.#taken.add(found);
    return found;
  }

  /** Those that nobody has taken. */
  get left(): readonly string[] {
    return this.#commands.filter((one) => !this.#taken.has(one));
  }
}
