import { useEffect, useRef, useState } from "preact/hooks";

/** Asks for a token, and says what is wrong with the one there was. */
export function SignIn({
  message,
  hadToken,
  onToken,
}: {
  readonly message: string;
  readonly hadToken: boolean;
  readonly onToken: (token: string) => void;
}) {
  const [token, setToken] = useState("");
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.focus(), []);
  const submit = (event: Event) => {
    event.preventDefault();
    if (token.trim() !== "") onToken(token.trim());
  };
  return (
    <form class="sign-in" onSubmit={submit}>
      <h1>Sign in</h1>
      {hadToken && (
        <p class="notice bad" role="alert">
          {message}
        </p>
      )}
      <p>
        The cluster decides by your token what you see. It is kept in this tab only, and forgotten when the
        tab is closed.
      </p>
      <label for="token">Token</label>
      <input
        id="token"
        ref={input}
        type="password"
        autocomplete="off"
        spellcheck={false}
        value={token}
        onInput={(event) => setToken(event.currentTarget.value)}
      />
      <button type="submit">Sign in</button>
      <p class="quiet">A token of a ServiceAccount comes from</p>
      <pre>kubectl create token SERVICEACCOUNT --audience sluice-console</pre>
    </form>
  );
}
