import { type RefObject, useEffect, useRef, useState } from "react";

import { shortcuts } from "@/lib/keyboard/shortcuts";

/** A shortcut that acts on the selected row. */
export interface RowAction<T> {
  keys: string;
  action: string;
  run: (row: T) => void;
}

/** Keyboard navigation of a table: `j` and `k` move the selection, Enter opens the selected row, `actions` act on it. */
export function useRowKeys<T>({
  scroller,
  rows,
  rowKey,
  openKey,
  onOpen,
  actions = [],
  scrollTo,
}: {
  scroller: RefObject<HTMLElement | null>;
  rows: readonly T[];
  rowKey: (row: T) => string;
  openKey: string | null;
  onOpen: (row: T) => void;
  actions?: readonly RowAction<T>[];
  scrollTo: (index: number) => void;
}) {
  const [activeKey, setActiveKey] = useState<string | null>(null);
  const [moves, setMoves] = useState(0);
  const selectedKey = activeKey ?? openKey;

  // a row is rendered once the list has scrolled to it; only then can its link take the focus
  const pendingFocus = useRef<string | null>(null);
  useEffect(() => {
    if (pendingFocus.current === null) return;
    const row = scroller.current?.querySelector(`[data-row="${CSS.escape(pendingFocus.current)}"]`);
    pendingFocus.current = null;
    row?.querySelector<HTMLElement>("[data-row-link]")?.focus({ preventScroll: true });
  }, [moves, scroller]);

  // closing the drawer returns the focus to the row it was opened from
  const lastOpenKey = useRef(openKey);
  useEffect(() => {
    const closed = openKey === null ? lastOpenKey.current : null;
    lastOpenKey.current = openKey;
    if (closed === null) return;
    pendingFocus.current = closed;
    requestAnimationFrame(() => setMoves((count) => count + 1));
  }, [openKey]);

  const selectedIndex = () => rows.findIndex((row) => rowKey(row) === selectedKey);
  const move = (by: 1 | -1) => {
    const at = selectedIndex();
    const index = at < 0 ? 0 : Math.min(Math.max(at + by, 0), rows.length - 1);
    const row = rows[index];
    if (!row) return;
    const key = rowKey(row);
    scrollTo(index);
    setActiveKey(key);
    if (openKey !== null) return onOpen(row);
    pendingFocus.current = key;
    requestAnimationFrame(() => setMoves((count) => count + 1));
  };
  const onSelected = (run: (row: T) => void) => () => {
    const row = rows[selectedIndex()];
    if (row) run(row);
  };

  const group = "List";
  shortcuts.useAdd([
    { keys: "j", action: "Next row", group, run: () => move(1) },
    { keys: "k", action: "Previous row", group, run: () => move(-1) },
    { keys: "enter", action: "Open the selected row", group, run: onSelected(onOpen) },
    ...actions.map((action) => ({ ...action, group, run: onSelected(action.run) })),
  ]);
  return { activeKey: selectedKey, setActiveKey };
}
