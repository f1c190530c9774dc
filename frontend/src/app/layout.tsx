import { NuqsAdapter } from "nuqs/adapters/react-router/v8";
import { type ReactNode, Suspense, useCallback, useEffect, useRef, useState } from "react";
import { useLocation } from "react-router";

import { Loading, Skeleton } from "@/components/skeleton";
import { Toasts } from "@/components/toasts";
import { useFocusGuard } from "@/lib/keyboard/use-focus-guard";
import { useKeyboard } from "@/lib/keyboard/use-keyboard";
import { useLiveStart } from "@/lib/live/use-live-start";
import { useRefetchAfterExceptions, useRefetchAfterOutage } from "@/lib/live/use-refetch";
import { lazyChunk } from "@/lib/lazy-chunk";
import { useDocumentTheme } from "@/lib/theme";

import { LiveBanner } from "./live-banner";
import { Navigation } from "./navigation";
import { OverlayBoundary, PageBoundary } from "./page-boundary";
import { TopBar } from "./top-bar";
import { useAppCommands } from "./use-app-commands";

const loadCommandMenu = () => import("./command-menu");
const loadShortcutList = () => import("./shortcut-list");
const CommandMenu = lazyChunk(loadCommandMenu);
const ShortcutList = lazyChunk(loadShortcutList);
const IDLE_MS = 2000;

/** The frame around every page: navigation, top bar, the status of the live stream, the command menu. */
export function Layout({ children }: { children: ReactNode }) {
  // undefined until one is opened: their chunks load on first use
  const [overlay, setOverlay] = useState<"commands" | "shortcuts" | "closed">();
  const main = useRef<HTMLElement>(null);
  const { pathname } = useLocation();

  useDocumentTheme();
  useKeyboard();
  useLiveStart();
  useRefetchAfterOutage();
  useRefetchAfterExceptions();
  const openCommands = useCallback(() => setOverlay("commands"), []);
  const openShortcuts = useCallback(() => setOverlay("shortcuts"), []);
  const close = (open: boolean) => !open && setOverlay("closed");
  useAppCommands(openCommands, openShortcuts);
  useFocusOnNewPage(main, pathname);
  useFocusGuard(main);
  useEffect(() => {
    const timer = setTimeout(
      () => void Promise.all([loadCommandMenu(), loadShortcutList()]).catch(() => undefined),
      IDLE_MS,
    );
    return () => clearTimeout(timer);
  }, []);

  return (
    <NuqsAdapter defaultOptions={{ shallow: false, clearOnDefault: true }}>
      <a
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          main.current?.focus();
        }}
        className="fixed top-2 left-2 z-60 -translate-y-16 rounded-md bg-accent px-3 py-2 font-medium text-on-accent focus:translate-y-0"
      >
        Skip to content
      </a>
      <div className="flex min-h-dvh flex-col md:pl-14 xl:pl-52 print:pl-0!">
        <Navigation />
        <TopBar onCommands={openCommands} />
        <LiveBanner />
        <main ref={main} id="main" tabIndex={-1} className="flex min-w-0 flex-1 flex-col pb-16 outline-none md:pb-0">
          <PageBoundary key={pathname}>
            <Suspense fallback={<PagePlaceholder />}>{children}</Suspense>
          </PageBoundary>
        </main>
      </div>
      <Toasts />
      {/* single keys do nothing while a dialog loads: they are meant for the dialog */}
      <OverlayBoundary key={overlay}>
        <Suspense fallback={<span data-modal />}>
          {overlay && <CommandMenu open={overlay === "commands"} onOpenChange={close} />}
          {overlay && <ShortcutList open={overlay === "shortcuts"} onOpenChange={close} />}
        </Suspense>
      </OverlayBoundary>
    </NuqsAdapter>
  );
}

/** Placeholder of a page whose code loads; invisible at first, since that is usually quick. */
function PagePlaceholder() {
  return (
    <Loading
      what="the page"
      className="grid animate-fade gap-4 px-4 py-4 [animation-delay:300ms] [animation-fill-mode:backwards] lg:px-6"
    >
      <Skeleton className="h-6 w-40" />
      <Skeleton className="h-64" />
    </Loading>
  );
}

/** Moves the focus to the new page, so that the keyboard and screen readers start there. */
function useFocusOnNewPage(main: React.RefObject<HTMLElement | null>, pathname: string) {
  const shown = useRef(pathname);
  useEffect(() => {
    if (shown.current === pathname) return;
    shown.current = pathname;
    main.current?.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  }, [main, pathname]);
}
