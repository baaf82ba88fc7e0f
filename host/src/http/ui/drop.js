// A place where a file can be dropped, and how it shows that it would take one.
// Knows drags; what is done with the file is given.

/** `take` is called with the first of the dropped files. */
export function takeDropped(zone, take) {
  const over = (yes) => (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    zone.classList.toggle("over", yes);
  };
  zone.addEventListener("dragenter", over(true));
  zone.addEventListener("dragover", over(true));
  zone.addEventListener("dragleave", (event) => { if (!zone.contains(event.relatedTarget)) zone.classList.remove("over"); });
  zone.addEventListener("drop", (event) => {
    over(false)(event);
    const [file] = event.dataTransfer.files;
    if (file) take(file);
  });
}
