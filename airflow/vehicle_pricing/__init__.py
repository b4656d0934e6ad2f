"""The pipeline: from an archive of listings to a judged, registered model of their price."""
