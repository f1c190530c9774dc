/** A fact as it was typed, ready to be searched; null unless it has a key and a value. */
export function typedFact(typed: string): string | null {
  const [, key, value] = /^\s*("[^"]+"|[^:"]+?)\s*:\s*(.+?)\s*$/s.exec(typed) ?? [];
  return key && value ? `${key}:${value}` : null;
}
