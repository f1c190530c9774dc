import { VisibleText } from "./visible-text";

/** A link out of the product, to an address that someone wrote. The title shows where it leads. */
export function ExternalLink({ address, text = address }: { address: string; text?: string }) {
  return (
    <a href={address} title={address} target="_blank" rel="noopener noreferrer nofollow" className="underline">
      <VisibleText text={text} />
    </a>
  );
}
