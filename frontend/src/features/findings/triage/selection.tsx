import { createContext, useContext, useMemo, useState } from "react";

import type { Finding } from "@/lib/api/findings";

/** The findings that are selected for an action in bulk: some by id, or all that match the filter. */
export interface Selection {
  ids: ReadonlySet<number>;
  /** Whether all that match are selected, loaded or not. */
  all: boolean;
  /** Selects a finding or takes it out; with `range` selects all from the one before to it. */
  toggle: (finding: Finding, range?: boolean) => void;
  selectAll: () => void;
  clear: () => void;
}

/** The selection among the rows of a list. */
export function useSelection(rows: readonly Finding[]): Selection {
  const [ids, setIds] = useState<ReadonlySet<number>>(NONE);
  const [all, setAll] = useState(false);
  const [last, setLast] = useState<number | null>(null);
  return useMemo(
    () => ({
      ids,
      all,
      toggle: ({ id }, range = false) => {
        const next = new Set(ids);
        if (range) for (const each of between(rows, last, id)) next.add(each);
        else if (!next.delete(id)) next.add(id);
        setIds(next);
        setAll(false);
        setLast(id);
      },
      selectAll: () => setAll(true),
      clear: () => {
        setIds(NONE);
        setAll(false);
        setLast(null);
      },
    }),
    [ids, all, last, rows],
  );
}

const NONE: ReadonlySet<number> = new Set();

function between(rows: readonly Finding[], from: number | null, to: number): number[] {
  const places = [from ?? to, to].map((id) => rows.findIndex((row) => row.id === id)).filter((place) => place >= 0);
  return rows.slice(Math.min(...places), Math.max(...places) + 1).map(({ id }) => id);
}

/** The selection of the list; null where nothing can be selected. */
export const SelectionContext = createContext<Selection | null>(null);

/** The check box that selects a finding; Shift selects the range from the one selected before. */
export function SelectBox({ finding }: { finding: Finding }) {
  const selection = useContext(SelectionContext);
  if (!selection) return null;
  return (
    // the label is the target of the pointer, larger than the box
    <label className="inline-grid size-6 align-middle shrink-0 cursor-pointer place-items-center print:hidden">
      <span className="sr-only">Select {finding.title}</span>
      <input
        type="checkbox"
        className="size-3.5 accent-accent"
        checked={selection.all || selection.ids.has(finding.id)}
        onChange={(event) => selection.toggle(finding, "shiftKey" in event.nativeEvent && !!event.nativeEvent.shiftKey)}
      />
    </label>
  );
}
