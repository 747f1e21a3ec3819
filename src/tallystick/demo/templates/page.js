for (const line of document.querySelectorAll("figure.line")) {
  const text = line.querySelector("code").textContent;
  const button = document.createElement("button");
  button.textContent = "Copy";
  button.setAttribute("aria-label", "Copy: " + line.querySelector("figcaption").textContent);
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
  if (navigator.clipboard) line.append(button);
}
