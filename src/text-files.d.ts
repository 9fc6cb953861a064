// Files that the bundler (scripts/build.js) and the tests (test/vitest.config.ts) load as text.
declare module "*.sh" {
  const text: string;
  export default text;
}

declare module "*.yaml" {
  const text: string;
  export default text;
}
