"""What all sections share: the programs, a folder that goes away, how often and how much is measured."""

import dataclasses
import pathlib

import building

REGION = "us-east-1"
ACCOUNT = "111122223333"


@dataclasses.dataclass
class Setting:
    programs: building.Programs
    folder: pathlib.Path
    quick: bool
    slow: bool

    @property
    def rounds(self):
        return 1 if self.quick else 5

    @property
    def sizes(self):
        """Numbers of targets."""
        return [10, 30] if self.quick else [100, 1_000, 10_000]

    def new_folder(self, name):
        folder = self.folder / name
        folder.mkdir(parents=True)
        return folder

    def environment(self, url):
        """What every peer gets, and nothing of the user's: credentials, of which the servers take the key id for the account."""
        return {
            "HOME": str(self.folder),
            "USER": "bench",
            "AWS_ACCESS_KEY_ID": ACCOUNT,
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ENDPOINT_URL": url,
            "AWS_EC2_METADATA_DISABLED": "true",
        }
