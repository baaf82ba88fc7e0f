// Shows the document beside this page with Swagger UI, by day or by night as the visitor's system has it.
// Knows no operation.

const night = matchMedia("(prefers-color-scheme: dark)");
const dim = () => document.documentElement.classList.toggle("dark-mode", night.matches);
night.addEventListener("change", dim);
dim();

SwaggerUIBundle({
  url: new URL("openapi.json", document.baseURI).href,
  dom_id: "#docs",
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  // Or it would send the document to a validator elsewhere.
  validatorUrl: null,
});
