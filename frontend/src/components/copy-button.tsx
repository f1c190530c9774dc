import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";

import { toast } from "@/lib/toast";

import { Button, type ButtonProps } from "./button";

const COPIED_MS = 1500;

/** A button that copies a text. */
export function CopyButton({ text, label, children, ...rest }: ButtonProps & { text: string; label: string }) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), COPIED_MS);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = () =>
    // browsers offer no clipboard to a page served over plain HTTP from another machine
    (navigator.clipboard?.writeText(text) ?? Promise.reject(new Error("no clipboard"))).then(
      () => setCopied(true),
      () => toast("The browser blocks copying on this page. Select the text instead.", "error"),
    );
  return (
    <Button
      variant="quiet"
      size="icon-sm"
      aria-label={copied ? "Copied" : label}
      title={label}
      onClick={() => void copy()}
      {...rest}
    >
      {copied ? <Check aria-hidden className="text-good-ink" /> : <Copy aria-hidden />}
      {children}
    </Button>
  );
}
