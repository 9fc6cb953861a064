// A file of its own because it is only loaded when a certificate is made: what the library brings along is half a megabyte.
export { generate } from "selfsigned";
