// A button on every block of code that copies it. No library, no request.
document.querySelectorAll("div.highlight").forEach((block) => {
  const code = block.querySelector("pre");
  if (!code) return;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(code.textContent.trimEnd());
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(code); // where a page may not write to the clipboard, one key is left to press
      button.textContent = "Selected";
    }
    setTimeout(() => (button.textContent = "Copy"), 2000);
  });
  block.append(button);
});

// A wide table scrolls on its own: so it must be reachable by keyboard.
document.querySelectorAll("div.table-wrapper").forEach((wrapper) => {
  if (wrapper.scrollWidth > wrapper.clientWidth) wrapper.tabIndex = 0;
});
document.querySelectorAll("div.highlight pre").forEach((code) => {
  if (code.scrollWidth > code.clientWidth) code.tabIndex = 0;
});

// What the theme leaves out for screen readers.
document.querySelectorAll(".sidebar-tree .caption").forEach((caption) => caption.setAttribute("aria-level", "2"));
document.querySelector("aside.sidebar-drawer")?.setAttribute("aria-label", "All pages");
document.querySelector("aside.toc-drawer")?.setAttribute("aria-label", "This page");
