import { useEffect, useRef, useState } from "preact/hooks";
import { changedList } from "./route.ts";

/** Lets the list `section` be asked for something else, unless somebody has left it. */
export function changeList(section: string, changes: Readonly<Record<string, string | undefined>>): void {
  const link = changedList(location.hash, section, changes);
  if (link !== undefined) location.hash = link;
}

/** Asks when somebody has stopped writing for a moment. */
export function Search({
  value,
  onSearch,
}: {
  readonly value: string;
  readonly onSearch: (text: string) => void;
}) {
  const [text, setText] = useState(value);
  const asked = useRef(value);
  useEffect(() => {
    // What was asked for comes back when more may have been written already.
    if (value !== asked.current) setText(value);
    asked.current = value;
  }, [value]);
  useEffect(() => {
    if (text === value) return undefined;
    const timer = setTimeout(() => {
      asked.current = text;
      onSearch(text);
    }, 250);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <label>
      Search
      <input type="search" value={text} onInput={(event) => setText(event.currentTarget.value)} />
    </label>
  );
}

/** One of `options`, each a value and what is shown for it, or all of them. */
export function Choice({
  label,
  value,
  options,
  onChoose,
}: {
  readonly label: string;
  /** "" is all. */
  readonly value: string;
  readonly options: readonly (readonly [string, string])[];
  readonly onChoose: (value: string) => void;
}) {
  return (
    <label>
      {label}
      <select value={value} onChange={(event) => onChoose(event.currentTarget.value)}>
        <option value="">all</option>
        {options.map(([key, text]) => (
          <option key={key} value={key}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}
