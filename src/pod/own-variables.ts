import type { Container, EnvVar } from "kubernetes-types/core/v1";

/** A container's variables by name, of several the last one; put together once somebody asks, for they may be many. */
export class OwnVariables {
  readonly #env: readonly EnvVar[];
  #byName: ReadonlyMap<string, EnvVar> | undefined;

  constructor({ env = [] }: Pick<Container, "env">) {
    this.#env = env;
  }

  /** The variable of that name; undefined where there is none. */
  find(name: string): EnvVar | undefined {
    this.#byName ??= new Map(this.#env.map((variable) => [variable.name, variable]));
    return this.#byName.get(name);
  }
}
