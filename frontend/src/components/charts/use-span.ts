import { type KeyboardEvent, type PointerEvent, useState } from "react";

interface Span {
  from: number;
  to: number;
}

/**
 * Lets a person choose a stretch of bars: by dragging over them, by a click on one, or with the arrow keys (Shift to
 * stretch) and Enter. Escape gives up.
 */
export function useSpan(bars: number, onSelect: ((from: number, to: number) => void) | undefined) {
  const [anchor, setAnchor] = useState<number | null>(null);
  const [at, setAt] = useState<number | null>(null);
  const [dragging, setDragging] = useState(false);

  const under = (event: PointerEvent<HTMLElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    const share = (event.clientX - box.left) / Math.max(1, box.width);
    return Math.min(bars - 1, Math.max(0, Math.floor(share * bars)));
  };
  const clear = () => {
    setAnchor(null);
    setDragging(false);
  };
  const choose = (from: number, to: number) => {
    clear();
    onSelect?.(Math.min(from, to), Math.max(from, to));
  };

  const onPointerDown = (event: PointerEvent<HTMLElement>) => {
    if (!onSelect || event.button !== 0 || bars === 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    setAnchor(under(event));
    setAt(under(event));
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
      choose(anchor ?? at, at);
    } else if (event.key === "Escape" && (anchor !== null || at !== null)) {
      event.stopPropagation();
      clear();
      setAt(null);
    }
  };

  const span: Span | null =
    anchor === null || at === null ? null : { from: Math.min(anchor, at), to: Math.max(anchor, at) };
  return {
    /** The bar that is pointed at. */
    at: at !== null && at < bars ? at : null,
    /** The stretch that is being chosen. */
    span,
    handlers: {
      onPointerDown,
      onPointerMove: (event: PointerEvent<HTMLElement>) => bars > 0 && setAt(under(event)),
      onPointerUp: () => dragging && anchor !== null && at !== null && choose(anchor, at),
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
