# The image: build stages that stay behind, then a slim Debian with one binary and what it serves.
# Where those registries cannot be reached: --build-arg RUST_IMAGE=… --build-arg RUNTIME_IMAGE=… (both bookworm).
ARG RUST_IMAGE=rust:1.95-bookworm
ARG RUNTIME_IMAGE=debian:bookworm-slim

# What decides the dependencies, and nothing else: the layer that compiles them is kept until one of these files changes.
FROM ${RUST_IMAGE} AS crates
WORKDIR /src
COPY . .
RUN find . -type f ! -name Cargo.toml ! -name Cargo.lock ! -path './host/benches/*.rs' -delete \
 && find . -type d -empty -delete \
 && find host/benches -type f -exec truncate --size 0 {} + \
 && find . -mindepth 2 -name Cargo.toml -execdir sh -c 'mkdir src && echo "//! Empty." > src/lib.rs' \; \
 && printf '//! Empty.\nfn main() {}\n' > host/src/main.rs

FROM ${RUST_IMAGE} AS dependencies
WORKDIR /src
COPY --from=crates /src ./
# The empty crates are forgotten again: cargo goes by age, and sources may be older than this layer.
RUN cargo build --locked --release \
 && cargo clean --locked --release --package modelhost

# What the binary is made of, and under which licences.
FROM dependencies AS bill
COPY host/sbom host/
COPY manifests manifests
COPY model-card model-card
# By name, because a Hub keeps no permission to execute.
RUN bash host/sbom /bill

FROM dependencies AS build
# What `modelhost --version` names; .git stays outside.
ARG COMMIT=
ENV MODELHOST_COMMIT=${COMMIT}
# Without what is served: another manifest compiles nothing.
COPY Cargo.toml Cargo.lock ./
COPY host host
COPY plugins plugins
RUN cargo build --locked --release

FROM ${RUNTIME_IMAGE}
RUN useradd --create-home --uid 1000 user
# The certificates alone: their package brings all of openssl.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
# By number, so that Kubernetes can see that it is not root.
USER 1000
# HF_HOME stays unset: a Space preloads models into ~/.cache/huggingface, whatever it says.
ENV HOME=/home/user PORT=7860
WORKDIR /home/user/app
COPY --from=build /src/target/release/modelhost /usr/local/bin/
COPY --from=bill /bill /usr/share/doc/modelhost
COPY --chown=1000:1000 manifests manifests
COPY --chown=1000:1000 model-card model-card
# An image that cannot answer its own examples is not made; models from the Hub and compiled plugins are in it from here on.
RUN ["modelhost", "warm", "manifests"]
EXPOSE 7860
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s CMD ["modelhost", "health"]
ENTRYPOINT ["modelhost"]
CMD ["serve", "manifests"]
