# The program alone, without a shell, for a user without rights:
#   docker build -t logpolicy . && docker run --rm -v "$PWD:/work" logpolicy validate
FROM rust:1.95-bookworm AS build
WORKDIR /source
COPY . .
RUN program=$(packaging/build) && cp "$program" /logpolicy

# glibc, libgcc, root certificates and a user named nonroot.
FROM gcr.io/distroless/cc-debian12:nonroot
LABEL org.opencontainers.image.source="https://github.com/logpolicy/logpolicy" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0"
COPY --from=build /logpolicy /usr/bin/logpolicy
COPY LICENSE LICENSE-MIT LICENSE-APACHE /usr/share/doc/logpolicy/
USER nonroot
WORKDIR /work
ENTRYPOINT ["/usr/bin/logpolicy"]
