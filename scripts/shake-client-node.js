/**
 * Lets the bundler leave out what is not used of @kubernetes/client-node: its generated API classes are 11 MB, of
 * which the reading of kubeconfigs needs none. The package does not say itself that its modules only define things.
 */
export const shakeClientNode = {
  name: "shake-client-node",
  setup(build) {
    const resolved = Symbol("resolved");
    build.onResolve(
      { filter: /^\.{1,2}\/|^@kubernetes\/client-node$/ },
      async ({ path, pluginData, ...from }) => {
        const own = path.startsWith("@") || /[/\\]@kubernetes[/\\]client-node[/\\]/.test(from.importer);
        if (!own || pluginData === resolved) return undefined;
        const found = await build.resolve(path, { ...from, pluginData: resolved });
        return found.errors.length > 0 ? found : { path: found.path, sideEffects: false };
      },
    );
  },
};
