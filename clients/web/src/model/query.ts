// The language of searches, as far as the app writes it. The server reads a query. The app only
// looks for the filters in it, to show them as chips.

const kinds = ["from", "in", "with", "before", "after", "on", "has", "is"] as const;

/** What a filter is about. */
export type FilterKind = (typeof kinds)[number];

/** A filter in a query, and where it stands. */
export interface Filter {
  kind: FilterKind;
  value: string;
  not: boolean;
  from: number;
  to: number;
}

const part = /"(?:[^"\\]|\\.)*"|(?<=^|\s)([-－]?)(from|in|with|before|after|on|has|is)[:：](?:"((?:[^"\\]|\\.)*)"|([^\s"]\S*))/giu;

/** Returns the filters of a query. What stands between quotation marks is text, not a filter. */
export function filtersIn(query: string): Filter[] {
  const all: Filter[] = [];
  for (const m of query.matchAll(part)) {
    if (!m[2]) continue;
    const value = m[3]?.replace(/\\(.)/g, "$1") ?? m[4]!;
    all.push({ kind: m[2].toLowerCase() as FilterKind, value, not: !!m[1], from: m.index, to: m.index + m[0].length });
  }
  return all;
}

/**
 * Returns a query with one more filter, unless the query has it already. A filter "before", "after"
 * or "on" takes the place of the earlier ones. A negated filter stays.
 */
export function withFilter(query: string, kind: FilterKind, value: string): string {
  const present = filtersIn(query);
  if (present.some((f) => f.kind === kind && f.value === value && !f.not)) return query;
  const single = kind === "before" || kind === "after" || kind === "on";
  const replaced = present.filter((f) => single && f.kind === kind && !f.not);
  const rest = replaced.reduceRight(withoutFilter, query).trimEnd(); // from the end on, so that places stay right
  const written = `${kind}:${/[\s"\\“”„＂]/.test(value) ? `"${value.replace(/["\\]/g, "\\$&")}"` : value}`;
  return `${rest}${rest && " "}${written} `;
}

/** Returns a query without one of its filters. */
export function withoutFilter(query: string, filter: Filter): string {
  return `${query.slice(0, filter.from).trimEnd()} ${query.slice(filter.to).trimStart()}`.trimStart();
}
