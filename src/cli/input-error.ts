/** Input that cannot be used; each problem names file, line, column and reason. Ends a command with exit code 2. */
export class InputError extends Error {
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(problems.join("\n"));
    this.name = "InputError";
    this.problems = problems;
  }
}
