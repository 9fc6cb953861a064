import { type ListenAddress, ListenError, parseListenAddress } from "../server/listen-address.ts";
import { UsageError } from "./parse-options.ts";

export type { ListenAddress };

/** The address that an option names. Throws `UsageError`. */
export function parseListenOption(option: string, text: string): ListenAddress {
  try {
    return parseListenAddress(text);
  } catch (error) {
    if (error instanceof ListenError) throw new UsageError(`${option}: ${error.message}`);
    throw error;
  }
}
