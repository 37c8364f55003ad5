/** The owner's page. */
import { doorHeaders } from '@holdfast/domain';

document.title = doorHeaders.key;
