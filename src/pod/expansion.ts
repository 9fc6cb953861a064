/**
 * Parts a text in Kubernetes' expansion syntax into its references `$(NAME)`, its dollar signs `$$`, and what stands
 * between them; what is no reference for want of a closing bracket is like any other text. It takes as long as the text is.
 * (Kubernetes: third_party/forked/golang/expansion.)
 */
export function splitExpansion(text: string): string[] {
  const parts: string[] = [];
  const lastEnd = text.lastIndexOf(")");
  let literal = 0;
  for (let at = text.indexOf("$"); at >= 0; at = text.indexOf("$", at)) {
    const next = text[at + 1];
    if (next !== "$" && (next !== "(" || lastEnd < at)) {
      at += 1;
      continue;
    }
    if (at > literal) parts.push(text.slice(literal, at));
    const end = next === "$" ? at + 2 : text.indexOf(")", at) + 1;
    parts.push(text.slice(at, end));
    at = end;
    literal = end;
  }
  if (literal < text.length) parts.push(text.slice(literal));
  return parts;
}
