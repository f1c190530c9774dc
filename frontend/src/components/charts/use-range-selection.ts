import { type KeyboardEvent, type PointerEvent, useState } from "react";

interface Range {
  from: number;
  to: number;
}

/**
 * Range selection on a bar chart: by dragging over bars, by a click on one, or with the arrow keys (Shift extends the
 * range) and Enter. Escape cancels.
 */
export function useRangeSelection(bars: number, onSelect: ((from: number, to: number) => void) | undefined) {
  const [anchor, setAnchor] = useState<number | null>(null);
  const [at, setAt] = useState<number | null>(null);
  const [dragging, setDragging] = useState(false);

  const barAt = (event: PointerEvent<HTMLElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    const share = (event.clientX - box.left) / Math.max(1, box.width);
    return Math.min(bars - 1, Math.max(0, Math.floor(share * bars)));
  };
  const clear = () => {
    setAnchor(null);
    setDragging(false);
  };
  const select = (from: number, to: number) => {
    clear();
    onSelect?.(Math.min(from, to), Math.max(from, to));
  };

  const onPointerDown = (event: PointerEvent<HTMLElement>) => {
    if (!onSelect || event.button !== 0 || bars === 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    setAnchor(barAt(event));
    setAt(barAt(event));
    setDragging(true);
  };
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    if (bars === 0) return;
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      const next = at === null ? (step > 0 ? 0 : bars - 1) : Math.min(bars - 1, Math.max(0, at + step));
      setAnchor(event.shiftKey ? (anchor ?? at ?? next) : null);
      setAt(next);
    } else if (event.key === "Enter" && at !== null && onSelect) {
      event.preventDefault();
      select(anchor ?? at, at);
    } else if (event.key === "Escape" && (anchor !== null || at !== null)) {
      event.stopPropagation();
      clear();
      setAt(null);
    }
  };

  const range: Range | null =
    anchor === null || at === null ? null : { from: Math.min(anchor, at), to: Math.max(anchor, at) };
  return {
    /** The bar under the pointer or the keyboard cursor. */
    at: at !== null && at < bars ? at : null,
    /** The range being selected. */
    range,
    handlers: {
      onPointerDown,
      onPointerMove: (event: PointerEvent<HTMLElement>) => bars > 0 && setAt(barAt(event)),
      onPointerUp: () => dragging && anchor !== null && at !== null && select(anchor, at),
      onPointerCancel: clear,
      onPointerLeave: () => !dragging && setAt(null),
      onBlur: () => {
        clear();
        setAt(null);
      },
      onKeyDown,
    },
  };
}
