/** Pod annotation in which admission writes what it has done: the clients by their claims, and how the pod was before. */
export const statusAnnotation = "sluice.io/status";
