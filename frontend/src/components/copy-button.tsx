import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";

import { toast } from "@/lib/toast";

import { Button, type ButtonProps } from "./button";

const SAID_MS = 1500;

/** Copies a text and says so. */
export function CopyButton({ text, label, children, ...rest }: ButtonProps & { text: string; label: string }) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), SAID_MS);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = () =>
    // there is no clipboard where the page came over plain HTTP from another machine
    (navigator.clipboard?.writeText(text) ?? Promise.reject(new Error("no clipboard"))).then(
      () => setCopied(true),
      () => toast("The browser does not let this page copy; select the text instead.", "error"),
    );
  return (
    <Button
      look="quiet"
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
