import { type RefObject, useEffect, useRef, useState } from "react";

import { shortcuts } from "@/lib/keyboard/shortcuts";

/** A key that does something with the marked row. */
export interface RowAction<T> {
  keys: string;
  does: string;
  run: (row: T) => void;
}

/** Walks a table with `j` and `k`, opens the marked row with Enter, and runs the table's own keys on it. */
export function useRowKeys<T>({
  scroller,
  rows,
  rowKey,
  openKey,
  onOpen,
  actions = [],
  show,
}: {
  scroller: RefObject<HTMLElement | null>;
  rows: readonly T[];
  rowKey: (row: T) => string;
  openKey: string | null;
  onOpen: (row: T) => void;
  actions?: readonly RowAction<T>[];
  show: (index: number) => void;
}) {
  const [activeKey, setActiveKey] = useState<string | null>(null);
  const [walked, setWalked] = useState(0);
  const marked = activeKey ?? openKey;

  // the row is drawn once it was scrolled to; then its link can take the focus
  const wanted = useRef<string | null>(null);
  useEffect(() => {
    if (wanted.current === null) return;
    const row = scroller.current?.querySelector(`[data-row="${CSS.escape(wanted.current)}"]`);
    wanted.current = null;
    row?.querySelector<HTMLElement>("[data-row-link]")?.focus({ preventScroll: true });
  }, [walked, scroller]);

  // where the drawer was opened from, one goes on when it is closed
  const openBefore = useRef(openKey);
  useEffect(() => {
    const closed = openKey === null ? openBefore.current : null;
    openBefore.current = openKey;
    if (closed === null) return;
    wanted.current = closed;
    requestAnimationFrame(() => setWalked((times) => times + 1));
  }, [openKey]);

  const find = () => rows.findIndex((row) => rowKey(row) === marked);
  const walk = (by: 1 | -1) => {
    const at = find();
    const index = at < 0 ? 0 : Math.min(Math.max(at + by, 0), rows.length - 1);
    const row = rows[index];
    if (!row) return;
    const key = rowKey(row);
    show(index);
    setActiveKey(key);
    if (openKey !== null) return onOpen(row);
    wanted.current = key;
    requestAnimationFrame(() => setWalked((times) => times + 1));
  };
  const onMarked = (run: (row: T) => void) => () => {
    const row = rows[find()];
    if (row) run(row);
  };

  const group = "In the list";
  shortcuts.useAdd([
    { keys: "j", does: "Next row", group, run: () => walk(1) },
    { keys: "k", does: "Row before", group, run: () => walk(-1) },
    { keys: "enter", does: "Open the marked row", group, run: onMarked(onOpen) },
    ...actions.map((action) => ({ ...action, group, run: onMarked(action.run) })),
  ]);
  return { activeKey: marked, setActiveKey };
}
