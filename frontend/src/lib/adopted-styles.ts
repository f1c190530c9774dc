import { useEffect } from "react";

/**
 * Replaces `react-style-singleton`, which Radix's dialogs and menus use to lock scrolling (see vite.config.ts). The
 * original inserts a `<style>` element, which the content security policy refuses; an adopted style sheet is allowed.
 */
export function styleSingleton() {
  const sheet = new CSSStyleSheet();
  let users = 0;
  return function AdoptedStyles({ styles }: { styles: string }) {
    useEffect(() => {
      if (users++ === 0) {
        sheet.replaceSync(styles);
        document.adoptedStyleSheets.push(sheet);
      }
      return () => {
        if (--users === 0) document.adoptedStyleSheets = document.adoptedStyleSheets.filter((each) => each !== sheet);
      };
    }, [styles]);
    return null;
  };
}
