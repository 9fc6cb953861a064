const optIns: Readonly<Record<string, string>> = {
  "sluice.io/injection": "enabled",
  "juicefs.com/enable-injection": "true",
  "juicefs.com/enable-serverless-injection": "true",
};

/** Whether a namespace with these labels asks for clients of JuiceFS, so that Secrets are made there for its claims. */
export function isAskingNamespace(labels: Readonly<Record<string, string>>): boolean {
  return Object.entries(optIns).some(([key, value]) => labels[key] === value);
}
