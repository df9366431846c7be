//! Says whether the web page can be embedded. It never builds it: cargo needs no Node.

fn main() {
    println!("cargo::rerun-if-changed=web/dist");
    if !std::path::Path::new("web/dist/index.html").exists() {
        println!(
            "cargo::warning=web/dist is missing, so the binary will have no web page: run `make build`, or `npm ci && npm run build` in web/"
        );
    }
}
