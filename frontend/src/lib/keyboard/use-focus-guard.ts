import { useEffect } from "react";

/**
 * Keeps the focus in the page: when the focused element is removed, its nearest remaining ancestor that can take the focus
 * gets it, else `fallback`; otherwise it would fall back to the body, and the keyboard would start at the top of the page.
 */
export function useFocusGuard(fallback: React.RefObject<HTMLElement | null>): void {
  useEffect(() => {
    let focused: Element | null = null;
    let ancestors: Element[] = [];
    const onFocusIn = ({ target }: FocusEvent) => {
      if (!(target instanceof Element)) return;
      focused = target;
      ancestors = [];
      for (let each = target.parentElement; each; each = each.parentElement) ancestors.push(each);
    };
    const restore = () => {
      if (document.activeElement !== document.body || !focused || focused.isConnected) return;
      const next = ancestors.find((each) => each.isConnected && each.hasAttribute("tabindex")) ?? fallback.current;
      focused = null;
      if (next instanceof HTMLElement) next.focus({ preventScroll: true });
    };
    const observer = new MutationObserver(restore);
    document.addEventListener("focusin", onFocusIn);
    observer.observe(document.body, { childList: true, subtree: true });
    return () => {
      document.removeEventListener("focusin", onFocusIn);
      observer.disconnect();
    };
  }, [fallback]);
}
