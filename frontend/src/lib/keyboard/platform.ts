/** Whether the modifier of commands is ⌘ and not Ctrl. */
export const isMac = /mac|iphone|ipad/i.test(navigator.userAgent);
