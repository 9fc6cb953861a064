/** Anchors of a page's headings, as GitHub makes them. */
export function anchorsOf(page: string): string[] {
  const seen = new Map<string, number>();
  return headingsOf(page).map((heading) => {
    const plain = heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-");
    const before = seen.get(plain) ?? 0;
    seen.set(plain, before + 1);
    return before === 0 ? plain : `${plain}-${before}`;
  });
}

/** Targets of a page's links and pictures, outside of code. */
export function linksOf(page: string): string[] {
  const prose = withoutCode(page).replace(/`[^`\n]*`/g, "");
  return [...prose.matchAll(/\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g)].map(([, target = ""]) => target);
}

/** What a page names, as code, that is a file or folder of the repository by its look. */
export function pathsIn(page: string): string[] {
  const code = [...withoutCode(page).matchAll(/`([\w./-]+)`/g)].map(([, path = ""]) => path);
  return code.filter((path) =>
    /^(src|test|manifests|scripts|docs|certs)\/|^\w[\w./-]*\.(tsx?|sh)$/.test(path),
  );
}

function headingsOf(page: string): string[] {
  return [...withoutCode(page).matchAll(/^#{1,6} +(.*?) *#*$/gm)].map(([, heading = ""]) => heading);
}

function withoutCode(page: string): string {
  return page.replace(/^( *)(```+|~~~+).*\n[\s\S]*?^\1\2 *$/gm, "");
}
