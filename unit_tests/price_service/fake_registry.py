"""A registry whose models are folders on disk."""

import shutil

from price_service.registry import FilesUnreachable, RegistryUnreachable, Version

FIRST, SECOND = Version("1", 1000), Version("2", 2000)


class FakeRegistry:
    """A registry whose models are folders on disk."""

    def __init__(self):
        self.models = {}
        self.alias = None
        self.away = False
        self.files_away = False
        self.downloads = []

    def production(self):
        """The version in production."""
        if self.away:
            raise RegistryUnreachable("connection refused")
        return self.alias

    def download(self, version, folder):
        """Copy the model."""
        self.downloads.append(version)
        if self.files_away:
            raise FilesUnreachable("no such bucket")
        shutil.copytree(self.models[version], folder, dirs_exist_ok=True)
