# One image with one target for each stage, so that each has only the packages of its own extra:
#   docker build --target detector -t moodline-detector .
# The packages come before the code, so that a change of the code installs nothing again.

FROM scratch AS code
COPY common /common
COPY ingest /ingest
COPY detector /detector
COPY classifier /classifier
COPY sink /sink
COPY moodline /moodline

FROM python:3.11-slim-bookworm AS base
# Nothing is written beside the code: the root file system may be read-only.
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 MPLCONFIGDIR=/tmp PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN useradd --create-home --uid 10001 moodline
WORKDIR /app
COPY pyproject.toml constraints.txt README.md LICENSE ./
ENTRYPOINT ["moodline", "worker"]

FROM base AS ingest
RUN pip install -c constraints.txt -e ".[ingest]"
COPY --from=code / ./
USER moodline
CMD ["ingest"]

FROM base AS detector
# What the wheels of OpenCV and MediaPipe load at run time.
RUN apt-get update && apt-get install --no-install-recommends -y libgl1 libegl1 libgles2 libglib2.0-0 \
    && rm -rf /var/lib/apt/lists/*
RUN pip install -c constraints.txt -e ".[detector]"
COPY --from=code / ./
RUN moodline models fetch
USER moodline
CMD ["detector"]

FROM base AS classifier
RUN pip install -c constraints.txt -e ".[classifier]"
COPY --from=code / ./
USER moodline
CMD ["classifier"]

FROM base AS sink
RUN pip install -c constraints.txt -e ".[sink]"
COPY --from=code / ./
USER moodline
CMD ["sink"]
