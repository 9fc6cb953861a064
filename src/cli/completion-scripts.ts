import type { CommandEntry, OptionEntry } from "./option-table.ts";

/** kubectl completes for its plugins whatever the shell. */
export const shells = ["bash", "zsh", "fish", "kubectl"] as const;
export type Shell = (typeof shells)[number];

export function isShell(word: string): word is Shell {
  return shells.some((shell) => shell === word);
}

/** A script that completes commands and their options; what an option names as FILE or DIR, by files. */
export function completionScript(shell: Shell, commands: readonly CommandEntry[]): string {
  const scripts = { bash: bashScript, zsh: zshScript, fish: fishScript, kubectl: () => kubectlScript };
  return scripts[shell](commands);
}

const globalOptions = "--help --version";
const isFile = ({ value }: OptionEntry): boolean => value === "FILE" || value === "DIR";
/** Words that may follow a command. */
export const operands: Readonly<Record<string, readonly string[]>> = {
  completion: shells,
  explain: ["pod/", "deployment/", "statefulset/", "daemonset/", "job/", "cronjob/", "pvc/", "dataset/"],
};
const wordsOf = (command: string): string => (operands[command] ?? []).join(" ");

// Kubernetes: docs, "Extend kubectl with plugins": kubectl runs the program of this name, with the words typed so far.
const kubectlScript = `#!/bin/sh
# Completion of kubectl sluice: an executable file kubectl_complete-sluice on the PATH, beside kubectl-sluice
exec kubectl-sluice __complete "$@"
`;

function bashScript(commands: readonly CommandEntry[]): string {
  const names = commands.map(({ name }) => name).join(" ");
  const cases = commands.map(({ name, options }) => {
    const flags = options.flatMap(({ long, short }) => [long, ...(short === undefined ? [] : [short])]);
    return `    ${name}) options="${flags.join(" ")}" words="${wordsOf(name)}" ;;`;
  });
  const valued = unique(commands, (option) => option.value !== undefined && !isFile(option));
  const files = unique(commands, isFile);
  return `# Completion of sluice for bash: source <(sluice completion bash)
_sluice() {
  local current=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD - 1]} command= options= words= word index
  COMPREPLY=()
  for ((index = 1; index < COMP_CWORD; index++)); do
    word=\${COMP_WORDS[index]}
    case " ${names} " in
      *" $word "*) command=$word && break ;;
    esac
  done
  case $command in
    "") options="${globalOptions}" words="${names}" ;;
${cases.join("\n")}
  esac
  case " ${files} " in
    *" $before "*)
      COMPREPLY=($(compgen -f -- "$current"))
      return
      ;;
  esac
  case " ${valued} " in
    *" $before "*) return ;;
  esac
  case $current in
    -*) COMPREPLY=($(compgen -W "$options" -- "$current")) ;;
    *) COMPREPLY=($(compgen -W "$words" -- "$current")) ;;
  esac
  [[ \${COMPREPLY[0]} != */ ]] || compopt -o nospace 2>/dev/null
}
complete -F _sluice sluice kubectl-sluice
`;
}

function zshScript(commands: readonly CommandEntry[]): string {
  const named = commands.map(({ name, text }) => `    ${quote(`${name}:${text}`)}`);
  const cases = commands.map(({ name, options }) => {
    const specs = options.flatMap(zshOptions).map((spec) => `        ${quote(spec)}`);
    const rest = wordsOf(name) === "" ? [] : [`        ${quote(`*:object:(${wordsOf(name)})`)}`];
    return `      ${name})\n        _arguments \\\n${[...specs, ...rest].join(" \\\n")}\n        ;;`;
  });
  return `#compdef sluice kubectl-sluice
# Completion of sluice for zsh: sluice completion zsh > "\${fpath[1]}/_sluice"
_sluice() {
  local -a commands
  local state line
  commands=(
${named.join("\n")}
  )
  _arguments -C '--help[this help]' '--version[the version]' '1:command:->command' '*::argument:->argument'
  case $state in
    command) _describe command commands ;;
    argument)
      case $line[1] in
${cases.join("\n")}
      esac
      ;;
  esac
}
if [ "$funcstack[1]" = _sluice ]; then
  _sluice "$@"
else
  compdef _sluice sluice kubectl-sluice
fi
`;
}

/** One for each way to write it. */
function zshOptions({ long, short, value, text }: OptionEntry): string[] {
  const words = text.replace(/[[\]:]/g, " ");
  const after =
    value === undefined ? "" : `:${value.toLowerCase().replaceAll(":", "-")}:${isFileValue(value)}`;
  return [long, ...(short === undefined ? [] : [short])].map((name) => `*${name}[${words}]${after}`);
}

function isFileValue(value: string): string {
  return value === "FILE" || value === "DIR" ? "_files" : " ";
}

function fishScript(commands: readonly CommandEntry[]): string {
  const names = commands.map(({ name }) => name).join(" ");
  const lines = commands.flatMap(({ name, text, options }) => [
    `complete -c sluice -n "not __fish_seen_subcommand_from ${names}" -f -a ${name} -d ${quote(text)}`,
    ...(wordsOf(name) === ""
      ? []
      : [`complete -c sluice -n "__fish_seen_subcommand_from ${name}" -f -a "${wordsOf(name)}"`]),
    ...options.map((option) => fishOption(name, option)),
  ]);
  return `# Completion of sluice for fish: sluice completion fish > ~/.config/fish/completions/sluice.fish
complete -c sluice -n "not __fish_seen_subcommand_from ${names}" -f
${lines.join("\n")}
`;
}

function fishOption(command: string, { long, short, value, text }: OptionEntry): string {
  const parts = [
    `complete -c sluice -n "__fish_seen_subcommand_from ${command}"`,
    `-l ${long.slice(2)}`,
    ...(short === undefined ? [] : [`-s ${short.slice(1)}`]),
    ...(value === undefined ? [] : [value === "FILE" || value === "DIR" ? "-r -F" : "-x"]),
    `-d ${quote(text)}`,
  ];
  return parts.join(" ");
}

function unique(commands: readonly CommandEntry[], wanted: (option: OptionEntry) => boolean): string {
  const found = commands.flatMap(({ options }) => options.filter(wanted));
  return [
    ...new Set(found.flatMap(({ long, short }) => [long, ...(short === undefined ? [] : [short])])),
  ].join(" ");
}

/** A word in single quotes, as bash and zsh read it; fish too, as long as there is no backslash. */
function quote(text: string): string {
  return `'${text.replaceAll("'", "’")}'`;
}
