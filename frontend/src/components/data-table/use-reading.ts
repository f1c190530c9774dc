import { type FocusEvent, type UIEvent, useEffect, useState } from "react";

const SCROLLED_PX = 20;

/**
 * Detects whether a person reads the list: it is scrolled, the pointer rests on it, or the keyboard has a row selected.
 * Such a list must not move.
 */
export function useReading(onReading: ((reading: boolean) => void) | undefined) {
  const [hovered, setHovered] = useState(false);
  const [scrolled, setScrolled] = useState(false);
  const [focused, setFocused] = useState(false);
  useEffect(() => onReading?.(hovered || scrolled || focused), [onReading, hovered, scrolled, focused]);
  return {
    onPointerEnter: () => setHovered(true),
    onPointerLeave: () => setHovered(false),
    onScroll: (event: UIEvent<HTMLElement>) => setScrolled(event.currentTarget.scrollTop > SCROLLED_PX),
    onFocus: (event: FocusEvent<HTMLElement>) => setFocused(event.target.closest("[data-row]") !== null),
    onBlur: () => setFocused(false),
  };
}
